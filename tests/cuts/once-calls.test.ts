import { describeOnce } from './suites.js';

describeOnce([
  'handshake',
  'hello',
  'renewal',
  'call',
  'cancel',
  'acks',
  'asked',
  'repeated',
  'call-superjson',
  'asked-superjson',
]);
