// Visitors who look around: stages, groups, checks, thresholds on everything and on one group.
import http from "k6/http";
import { check, group, sleep } from "k6";
import { Counter, Rate, Trend } from "k6/metrics";

const BASE = __ENV.BASE_URL;

const itemSize = new Trend("item_size");
const found = new Rate("items_found");
const seen = new Counter("pages_seen");

export const options = {
  stages: [
    { duration: "200ms", target: 3 },
    { duration: "600ms", target: 3 },
    { duration: "100ms", target: 0 },
  ],
  thresholds: {
    http_req_duration: ["p(95)<2000", "avg<1000"],
    "http_req_duration{group:::catalogue}": ["p(99)<2000"],
    "http_req_duration{name:item}": [{ threshold: "max<5000", abortOnFail: true, delayAbortEval: "10s" }],
    http_req_failed: ["rate<0.01"],
    checks: ["rate==1"],
    items_found: ["rate>0.99"],
    item_size: ["p(50)>0"],
    pages_seen: ["count>1"],
  },
};

export default function () {
  const home = http.get(`${BASE}/`);
  check(home, {
    "home is there": (r) => r.status === 200,
    "home is HTML": (r) => r.headers["Content-Type"].includes("text/html"),
  });
  seen.add(1);

  group("catalogue", () => {
    const list = http.get(`${BASE}/items`, { headers: { Accept: "application/json" }, tags: { kind: "read" } });
    const ids = list.json("items.#");
    found.add(ids > 0);
    const id = 1 + (__ITER % ids);
    const item = http.get(http.url`${BASE}/items/${id}`, { tags: { name: "item" } });
    check(item, { "the right item": (r) => r.json("id") === id });
    itemSize.add(item.body.length);
    seen.add(1);
  });
  sleep(0.02);
}
