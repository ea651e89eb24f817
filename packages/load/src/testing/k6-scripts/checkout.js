// People who sign in and order: set-up, shared data, a module of one's own, cookies, forms, JSON, several at a time.
import http from "k6/http";
import { check, fail, sleep } from "k6";
import { SharedArray } from "k6/data";
import { order } from "./order.js";

const people = new SharedArray("people", () => JSON.parse(open("./people.json")));

export const options = {
  scenarios: {
    shoppers: { executor: "constant-vus", vus: 2, duration: "400ms", exec: "shop", gracefulStop: "5s" },
    probes: {
      executor: "constant-arrival-rate",
      rate: 600,
      timeUnit: "1m",
      duration: "400ms",
      preAllocatedVUs: 2,
      exec: "probe",
      startTime: "100ms",
      tags: { from: "outside" },
      env: { PROBE_PATH: "/health" },
    },
  },
  thresholds: {
    "http_req_failed{scenario:shoppers}": ["rate<0.01"],
    "http_req_duration{from:outside}": ["p(90)<2000"],
    "iteration_duration{scenario:shoppers}": ["p(95)<5000"],
    http_reqs: ["count>5"],
  },
};

export function setup() {
  const answer = http.post(`${__ENV.BASE_URL}/tokens`, JSON.stringify({ for: "load" }), {
    headers: { "Content-Type": "application/json" },
  });
  if (answer.status !== 201) fail(`no token: ${answer.status}`);
  return { token: answer.json("token") };
}

export function shop(data) {
  const person = people[(__VU + __ITER) % people.length];
  const signedIn = http.post(`${__ENV.BASE_URL}/session`, { name: person.name, pin: person.pin });
  check(signedIn, {
    "signed in": (r) => r.status === 200,
    "has a session": (r) => r.cookies.session.length === 1,
  });
  const [cart, news] = http.batch([
    `${__ENV.BASE_URL}/cart`,
    ["GET", `${__ENV.BASE_URL}/news`, null, { tags: { kind: "extra" } }],
  ]);
  check(cart, { "the cart is mine": (r) => r.body === `cart of ${person.name}` });
  check(news, { "there is news": (r) => r.status === 200 });
  check(order(person, data.token), { ordered: (r) => r.status === 201 });
  sleep(0.01);
}

export function probe() {
  const answer = http.get(`${__ENV.BASE_URL}${__ENV.PROBE_PATH}`, { timeout: "2s" });
  check(answer, { "is well": (r) => r.status === 200 });
}

export function teardown(data) {
  http.del(`${__ENV.BASE_URL}/tokens/${data.token}`);
}
