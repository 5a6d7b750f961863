import type { Observer } from '@trunkline/server/operations';

/** What an observer is told by one of its methods. */
export type Observed<Name extends keyof Observer> = Parameters<Required<Observer>[Name]>[0];
