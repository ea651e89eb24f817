import { defineFacts, LoadResultSchema } from "@muster/contract";

/** Facts of putting the configured load on the service. */
export const loadRunFacts = defineFacts("load-run", LoadResultSchema);
