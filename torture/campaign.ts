/** What a fault campaign is given. */
export interface CampaignOptions {
  /** A short form that shows that the campaign works, not that the bars hold. */
  readonly smoke: boolean;
  /** Progress for people. */
  report(line: string): void;
}
