import { describeOnce } from './suites.js';

describeOnce(['handshake', 'hello', 'call', 'cancel', 'acks', 'call-superjson']);
