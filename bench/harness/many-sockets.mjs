/** The limits of one address, where thousands of clients come from this machine. */
export const MANY_SOCKETS = {
  trunkline: {
    addressSockets: 10_000,
    addressPending: 10_000,
    addressRate: 10_000,
    addressBurst: 10_000,
  },
};
