/** The name under which spans and metrics of this package are made. */
export const SCOPE = '@trunkline/observe';
