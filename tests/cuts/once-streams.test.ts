import { describeOnce } from './suites.js';

describeOnce(['down', 'up', 'both', 'leave', 'down-superjson', 'both-superjson']);
