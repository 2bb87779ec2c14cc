/** How much of the base one turn may write. */
export interface Slice {
  readonly maxBytes: number;
  readonly maxRows: number;
}
