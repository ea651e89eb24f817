/**
 * What can be read by GraphQL, and by whom: every type or field says with `@needs` which role it asks for,
 * and one that says nothing is refused at the start. Lists come as pages; a page's `next` asks for the one after it.
 */
export const GRAPHQL_SDL = /* GraphQL */ `
  "The least role that may read this. Each role includes the ones before it."
  directive @needs(role: Role!) on OBJECT | FIELD_DEFINITION

  enum Role {
    viewer
    scientist
    operator
    admin
  }

  "A point in time, in UTC: 2026-01-31T12:00:00.000Z"
  scalar Instant
  "A whole number up to 2^53"
  scalar Whole
  "Any JSON value"
  scalar JSON

  type Query @needs(role: viewer) {
    "Who asks"
    me: Caller
    models(first: Int = 20, after: String): ModelPage
    model(name: String!): Model
    "One version of a model, by its number"
    version(model: String!, version: String!): Version
    datasets(first: Int = 20, after: String): DatasetPage
    dataset(name: String!): Dataset
    "One version of a dataset; without a number the newest that passed its rules"
    datasetVersion(dataset: String!, version: Int): DatasetVersion
    "Jobs, newest first: one's own, or everybody's for operators"
    jobs(state: JobState, model: String, dataset: String, first: Int = 20, offset: Int = 0): JobPage
      @needs(role: scientist)
    job(id: String!): Job @needs(role: scientist)
    "How far inputs and predictions of a model have moved, window by window, newest first"
    drift(model: String!, first: Int = 20, before: Instant): DriftPage
    "Alarms of all models, newest first"
    alarms(model: String, state: AlarmState, first: Int = 20, after: String): AlarmPage
    "How well the cache of this replica serves; null where answers are not remembered"
    cache: Cache
    "Calls on this replica, most calls first; hours newest first"
    usage(
      hours: Int = 1
      by: UsageGroup = caller_and_route
      caller: String
      route: String
      first: Int = 50
    ): [UsageRow!] @needs(role: admin)
    "Who changed what, newest first"
    audit(first: Int = 20, before: Int): AuditPage @needs(role: admin)
    users(first: Int = 20, after: String): UserPage @needs(role: admin)
  }

  type Caller @needs(role: viewer) {
    user: String!
    role: Role!
    scopes: [String!]!
    "session, key or anonymous"
    via: String!
    sessions: [Session!]!
    keys: [Key!]!
  }

  type Session @needs(role: viewer) {
    id: String!
    createdAt: Instant!
    expiresAt: Instant!
  }

  type Key @needs(role: viewer) {
    id: String!
    name: String!
    "Beginning of the key, for telling keys apart"
    prefix: String!
    scopes: [String!]!
    createdAt: Instant!
    expiresAt: Instant!
  }

  type ModelPage @needs(role: viewer) {
    nodes: [Model!]!
    "To be given as after; null on the last page"
    next: String
  }

  type Model @needs(role: viewer) {
    name: String!
    aliases: [Alias!]!
    traffic: Traffic!
    "How the challenger agrees with the champion, on this replica; null before anything was computed in the shadow"
    shadow: Shadow
    "Newest first"
    versions(first: Int = 20, before: Int): VersionPage!
  }

  type Alias @needs(role: viewer) {
    alias: String!
    version: String!
    "Grows by one with each change; send it as If-Match to change the alias"
    revision: Int!
    changedAt: Instant!
    changedBy: String!
  }

  "How callers are shared out between champion and challenger"
  type Traffic @needs(role: viewer) {
    canaryPercent: Float!
    shadowPercent: Float!
    revision: Int!
  }

  type Shadow @needs(role: viewer) {
    champion: String!
    challenger: String!
    rows: Whole!
    agreeing: Whole!
    agreement: Float
    largestDifference: Float
    failures: Whole!
    skipped: Whole!
  }

  type VersionPage @needs(role: viewer) {
    nodes: [Version!]!
    "To be given as before; null on the last page"
    next: Int
  }

  type Version @needs(role: viewer) {
    model: String!
    version: String!
    "SHA-256 of the artefact"
    digest: String!
    bytes: Whole!
    card: Card!
    inputs: [Tensor!]!
    outputs: [Tensor!]!
    "Whether requests share runs"
    batchable: Boolean!
    createdAt: Instant!
    createdBy: String!
  }

  "An input or output of a model; a size of -1 may vary"
  type Tensor @needs(role: viewer) {
    name: String!
    datatype: String!
    shape: [Int!]!
  }

  "What an author says about a model"
  type Card @needs(role: viewer) {
    title: String!
    description: String
    intendedUse: String
    limits: String
    author: String
    data: CardData
    training: CardTraining
    metrics: [Metric!]!
    inputs: [CardInput!]!
    outputs: [CardOutput!]!
  }

  type CardData @needs(role: viewer) {
    name: String!
    source: String!
    licence: String!
    sha256: String!
    rows: Whole!
  }

  type CardTraining @needs(role: viewer) {
    command: String!
    seed: Whole!
    trainedOn: Whole!
    testedOn: Whole!
  }

  type Metric @needs(role: viewer) {
    name: String!
    value: Float!
  }

  type CardInput @needs(role: viewer) {
    name: String!
    columns: [CardColumn!]!
  }

  type CardColumn @needs(role: viewer) {
    name: String!
    unit: String
    min: Float
    max: Float
  }

  type CardOutput @needs(role: viewer) {
    name: String!
    labels: [String!]
  }

  type DatasetPage @needs(role: viewer) {
    nodes: [Dataset!]!
    "To be given as after; null on the last page"
    next: String
  }

  type Dataset @needs(role: viewer) {
    name: String!
    "The newest version that passed its rules"
    current: Int
    "How many versions there are"
    count: Int!
    "Newest first"
    versions(first: Int = 20, before: Int): DatasetVersionPage!
  }

  type DatasetVersionPage @needs(role: viewer) {
    nodes: [DatasetVersion!]!
    "To be given as before; null on the last page"
    next: Int
  }

  type DatasetVersion @needs(role: viewer) {
    dataset: String!
    version: Int!
    "SHA-256 of the file that it was made of"
    digest: String!
    bytes: Whole!
    columns: [Column!]!
    quality: Quality!
    createdAt: Instant!
    createdBy: String!
  }

  type Column @needs(role: viewer) {
    name: String!
    type: String!
    "What its values must be like"
    rules: JSON
  }

  type Quality @needs(role: viewer) {
    passed: Boolean!
    "Why it did not pass"
    failures: [String!]!
    rows: Whole!
    rejected: Whole!
    columns: [ColumnQuality!]!
    rules: [RuleResult!]!
  }

  type ColumnQuality @needs(role: viewer) {
    name: String!
    type: String!
    nulls: Whole!
    min: String
    max: String
  }

  type RuleResult @needs(role: viewer) {
    column: String!
    rule: String!
    "reject or warn"
    action: String!
    "Rows that break it"
    failed: Whole!
    detail: String
  }

  enum JobState {
    queued
    running
    finished
    failed
    cancelled
  }

  type JobPage @needs(role: scientist) {
    nodes: [Job!]!
    total: Whole!
  }

  type Job @needs(role: scientist) {
    id: String!
    user: String!
    state: JobState!
    "Why it failed"
    reason: String
    model: String!
    version: String!
    dataset: String!
    datasetVersion: Int!
    format: String!
    inputs: [JobInput!]!
    outputs: [JobOutput!]!
    carry: [String!]!
    errorColumn: String!
    rowsTotal: Whole!
    rowsDone: Whole!
    "Of those, the ones without a prediction"
    rowsFailed: Whole!
    "Rows a second"
    rate: Float
    expectedEnd: Instant
    createdAt: Instant!
    startedAt: Instant
    endedAt: Instant
    expiresAt: Instant
  }

  type JobInput @needs(role: scientist) {
    input: String!
    datatype: String!
    columns: [String!]!
  }

  type JobOutput @needs(role: scientist) {
    output: String!
    "Of the result"
    column: String!
  }

  enum Side {
    input
    prediction
  }

  "unknown where there was too little to say anything"
  enum Verdict {
    good
    warn
    alarm
    unknown
  }

  type DriftPage @needs(role: viewer) {
    nodes: [DriftWindow!]!
    "To be given as before; null on the last page"
    next: Instant
  }

  type DriftWindow @needs(role: viewer) {
    from: Instant!
    to: Instant!
    verdict: Verdict!
    reason: String
    "The one that answered most rows"
    version: String
    rows: Whole!
    "Rows of other versions, which were not compared"
    otherRows: Whole!
    columns: [DriftColumn!]!
  }

  type DriftColumn @needs(role: viewer) {
    side: Side!
    column: String!
    "numeric or categorical"
    kind: String!
    verdict: Verdict!
    "Figures and bounds, in a sentence"
    reason: String!
    "Population stability index"
    psi: Float
    "Distance, base 2, from 0 to 1"
    jensenShannon: Float
    cramersV: Float
    nullShareChange: Float!
    "Kolmogorov-Smirnov, of numbers"
    ks: TestResult
    chiSquare: TestResult
  }

  type TestResult @needs(role: viewer) {
    statistic: Float!
    pValue: Float!
  }

  enum AlarmState {
    raised
    continuing
    cleared
  }

  type AlarmPage @needs(role: viewer) {
    nodes: [Alarm!]!
    "To be given as after; null on the last page"
    next: String
  }

  type Alarm @needs(role: viewer) {
    id: String!
    model: String!
    side: Side!
    column: String!
    state: AlarmState!
    reason: String!
    raisedAt: Instant!
    changedAt: Instant!
    clearedAt: Instant
    acknowledgedAt: Instant
    acknowledgedBy: String
    note: String
  }

  type Cache @needs(role: viewer) {
    entries: Whole!
    bytes: Whole!
    maxBytes: Whole!
    hits: Whole!
    misses: Whole!
    evictions: Whole!
    hitRate: Float!
  }

  enum UsageGroup {
    caller_and_route
    caller
    route
    hour
  }

  type UsageRow @needs(role: admin) {
    "Null where several are counted together; so are route and hour"
    caller: String
    route: String
    hour: Instant
    calls: Whole!
    refused: Whole!
    "Of those, the ones with 429"
    limited: Whole!
    failed: Whole!
    "Milliseconds"
    p50: Float!
    p95: Float!
    p99: Float!
    max: Float!
  }

  type AuditPage @needs(role: admin) {
    nodes: [AuditEntry!]!
    "To be given as before; null on the last page"
    next: Int
  }

  type AuditEntry @needs(role: admin) {
    place: Int!
    at: Instant!
    actor: String!
    action: String!
    detail: JSON!
  }

  type UserPage @needs(role: admin) {
    nodes: [User!]!
    "To be given as after; null on the last page"
    next: String
  }

  type User @needs(role: admin) {
    name: String!
    role: Role!
    disabled: Boolean!
    createdAt: Instant!
  }
`;
