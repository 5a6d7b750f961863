/** What a logger has to have: `pino()` does, and so do its children. */
export interface Log {
  debug(fields: object, text: string): void;
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
  /** Tells whether lines of a level are written at all; those of calls are not even made then. */
  isLevelEnabled?(level: string): boolean;
}

/** How much a line matters. */
export type Level = Exclude<keyof Log, 'isLevelEnabled'>;
