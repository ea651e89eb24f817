import http from "k6/http";

export function order(person, token) {
  const note = http.file(`for ${person.name}`, "note.txt", "text/plain");
  return http.post(`${__ENV.BASE_URL}/orders`, { item: "7", note }, { headers: { Authorization: `Bearer ${token}` } });
}
