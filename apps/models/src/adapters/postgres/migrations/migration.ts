/** A change of the schema `models`. It is never edited once it was released; another one follows it. */
export interface Migration {
  /** What it does; its identity in the table of applied migrations. */
  readonly name: string;
  readonly sql: string;
}
