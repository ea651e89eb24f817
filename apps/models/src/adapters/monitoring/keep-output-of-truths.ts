import type { Migration } from "../postgres/migrations/migration.ts";

/** Which output a truth is about, so that figures are not mixed when truths are about another one from some day on. */
export const keepOutputOfTruths: Migration = {
  name: "keep-output-of-truths",
  sql: `
alter table models.truth add column output text not null default '';
update models.truth set output = coalesce(
  (select settings -> 'truth' ->> 'output' from models.monitoring where monitoring.model = truth.model), '');
alter table models.truth alter column output drop default;
alter table models.truth drop constraint truth_pkey;
alter table models.truth add primary key (prediction, row, output);
`,
};
