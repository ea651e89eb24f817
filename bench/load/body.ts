/** What is posted: about 300 bytes once it is JSON. */
export const BODY = { model: "housing", inputs: Array.from({ length: 40 }, (_, nth) => nth * 1.375), id: 7 };
