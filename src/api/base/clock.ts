export interface Clock {
  /** The current time in milliseconds. */
  now(): number;
  /** Calls back after so many milliseconds, unless the returned function is called before. */
  after(ms: number, callback: () => void): () => void;
}
