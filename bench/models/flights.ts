/** Flights as the model `flight-delay` wants them, as the text of an inference request; no two rows alike. */
export function flightsBody(rows: number, seed = 0): string {
  const of = <T>(value: (row: number) => T): T[] => Array.from({ length: rows }, (_, row) => value(row + seed * rows));
  const inputs = [
    { name: "origin", datatype: "BYTES", data: of((row) => AIRPORTS[row % AIRPORTS.length]) },
    { name: "destination", datatype: "BYTES", data: of((row) => AIRPORTS[(row * 5 + 3) % AIRPORTS.length]) },
    { name: "minute_of_day", datatype: "FP32", data: of((row) => (row * 37) % 1_440) },
    { name: "weekday", datatype: "FP32", data: of((row) => (row % 7) + 1) },
    { name: "distance", datatype: "FP32", data: of((row) => 100 + ((row * 131) % 2_700)) },
  ];
  return JSON.stringify({ inputs: inputs.map((input) => ({ ...input, shape: [rows, 1] })) });
}

const AIRPORTS = ["ATL", "BOS", "DEN", "DFW", "IAH", "LAX", "LGA", "MIA", "ORD", "PHX", "SEA", "SFO"];
