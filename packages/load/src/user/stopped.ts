/** Thrown by whatever a user waits for when the run ends. A scenario lets it pass. */
export class LoadStopped extends Error {
  override readonly name = "LoadStopped";

  constructor() {
    super("the load was stopped");
  }
}
