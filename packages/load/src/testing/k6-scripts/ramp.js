// A growing rate of small posts, with bodies thrown away but for the one that is looked at.
import { check } from "k6";
import http from "k6/http";

export const options = {
  discardResponseBodies: true,
  userAgent: "ramp/1",
  scenarios: {
    ramp: {
      executor: "ramping-arrival-rate",
      startRate: 20,
      timeUnit: "1s",
      preAllocatedVUs: 3,
      maxVUs: 5,
      stages: [
        { target: 60, duration: "500ms" },
        { target: 0, duration: "0s" },
      ],
    },
  },
  thresholds: { http_reqs: ["rate>5"], http_req_failed: ["rate<=0"] },
};

export default () => {
  const sent = http.post(`${__ENV.BASE_URL}/echo`, JSON.stringify({ vu: __VU, iteration: __ITER }), {
    headers: { "Content-Type": "application/json" },
    responseType: "text",
  });
  const thrownAway = http.get(`${__ENV.BASE_URL}/items`);
  check(sent, { "says who it is": (r) => r.json("agent") === "ramp/1" && r.json("body.vu") === __VU });
  check(thrownAway, { "nothing is kept": (r) => r.body === null });
};
