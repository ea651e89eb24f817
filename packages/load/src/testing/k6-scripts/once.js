// No options at all: one virtual user, once.
import http from "k6/http";

export default async function () {
  const response = await http.asyncRequest("GET", `${__ENV.BASE_URL}/`);
  if (response.status !== 200) throw new Error(`status ${response.status}`);
}
