/** What the life of a page tells. None of these throws. */
export interface PageOwner {
  /** It is shown, thawed or online again: connections may have died meanwhile. */
  wake(): void;
  /** It is put aside, and may come back: an open connection would be in its way. */
  rest(): void;
  /** It came back. */
  goOn(): void;
}
