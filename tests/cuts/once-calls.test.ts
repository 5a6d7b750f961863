import { describeOnce } from './suites.js';

describeOnce([
  'handshake',
  'hello',
  'call',
  'cancel',
  'acks',
  'asked',
  'repeated',
  'call-superjson',
  'asked-superjson',
]);
