import { describeOnce } from './suites.js';

describeOnce(['chunk-up', 'chunk-down', 'chunk-down-superjson']);
