import { call, contract, topic } from '@trunkline/contract';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { coverageOf, formatCoverage } from './coverage.js';
import { serviceDecorators } from '../decorators/service-decorators.js';
import { UseGuards, UseInterceptors } from '../decorators/use-guards.js';
import { servicesOf } from '../decorators/explore.js';
import { implement } from '../routes/implement.js';

const chat = contract('chat', {
  post: call({ output: z.string() }),
  typing: topic({ message: z.string(), publish: 'client' }),
  news: topic({ message: z.string(), public: true }),
});
const ChatService = serviceDecorators(chat);

class SignedIn {
  canActivate(): boolean {
    return true;
  }
}
const isMember = () => true;
const Timed = { intercept: (_: unknown, next: () => unknown) => next() };

@ChatService()
@UseGuards(SignedIn)
class ChatController {
  @UseGuards(isMember)
  @UseInterceptors(Timed)
  @ChatService.post()
  post() {
    return 'a';
  }

  @ChatService.typing.authorize()
  mayRead() {
    return true;
  }

  @UseGuards(new SignedIn(), isMember)
  @ChatService.typing.authorizePublish()
  mayType() {
    return true;
  }
}

const server = { guards: [isMember], interceptors: [], errorMappers: [] };

describe('coverageOf', () => {
  it('has a row for each use, with all guards in the order in which they run', () => {
    expect(coverageOf(servicesOf([new ChatController()]), server)).toEqual([
      {
        procedure: '',
        kind: 'connect',
        source: 'server',
        guards: ['isMember'],
        interceptors: [],
        authorize: 'none',
      },
      {
        procedure: 'chat.post',
        kind: 'call',
        source: 'ChatController.post',
        guards: ['isMember', 'SignedIn'],
        interceptors: ['(object)'],
        authorize: 'none',
      },
      {
        procedure: 'chat.typing',
        kind: 'subscribe',
        source: 'ChatController.mayRead',
        guards: ['isMember', 'SignedIn'],
        interceptors: [],
        authorize: 'yes',
      },
      {
        procedure: 'chat.typing',
        kind: 'publish',
        source: 'ChatController.mayType',
        guards: ['isMember', 'SignedIn', 'SignedIn'],
        interceptors: [],
        authorize: 'yes',
      },
      {
        procedure: 'chat.news',
        kind: 'subscribe',
        source: 'ChatController',
        guards: ['isMember', 'SignedIn'],
        interceptors: [],
        authorize: 'public',
      },
    ]);
  });

  it('says of an implemented contract that nobody decides', () => {
    const none = { guards: [], interceptors: [], errorMappers: [] };
    const rows = coverageOf([implement(chat, { post: () => 'a' })], none);
    expect(rows.map(({ kind, authorize }) => `${kind} ${authorize}`)).toEqual([
      'connect none',
      'call none',
      'subscribe none',
      'publish none',
      'subscribe public',
    ]);
  });
});

describe('formatCoverage', () => {
  it('aligns its columns', () => {
    expect(
      formatCoverage(coverageOf(servicesOf([new ChatController()]), server)).split('\n'),
    ).toEqual([
      'procedure    kind       guards                        interceptors  authorize  source',
      '(session)    connect    isMember                      -             -          server',
      'chat.post    call       isMember, SignedIn            (object)      -          ChatController.post',
      'chat.typing  subscribe  isMember, SignedIn            -             yes        ChatController.mayRead',
      'chat.typing  publish    isMember, SignedIn, SignedIn  -             yes        ChatController.mayType',
      'chat.news    subscribe  isMember, SignedIn            -             public     ChatController',
    ]);
  });
});
