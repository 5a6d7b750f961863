import type { EndMessage, ErrorMessage, ResultMessage } from '@trunkline/protocol';

/** What may end a call. */
export type FinalMessage = ResultMessage | EndMessage | ErrorMessage;
