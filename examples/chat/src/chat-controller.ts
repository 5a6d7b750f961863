import { TrunklineError, UseGuards, type AnyContext, type Guard } from '@trunkline/server';
import {
  ChatService,
  ChatTopics,
  type ChatHandlers,
  type CreateRoomContext,
  type CreateRoomInput,
  type CreateRoomOutput,
  type MessagesParams,
  type PeopleContext,
  type PeopleInput,
  type PostContext,
  type PostInput,
  type RoomListOutput,
} from './generated/chat.server.js';
import { EmptyRooms } from './empty-rooms.js';
import { Presence } from './presence.js';
import { MAX_OWN_ROOMS, MAX_ROOMS, Rooms, type ChatRoom } from './rooms.js';
import './visitor.js';

/** Lets only those in who have signed in with a name. */
class SignedIn implements Guard {
  canActivate({ user }: AnyContext): boolean {
    return user.name !== '';
  }
}

@ChatService()
@UseGuards(SignedIn)
export class ChatController implements ChatHandlers {
  constructor(
    private readonly topics: ChatTopics,
    private readonly rooms: Rooms,
    private readonly presence: Presence,
    private readonly emptyRooms: EmptyRooms,
  ) {}

  @ChatService.createRoom()
  async createRoom(
    { name }: CreateRoomInput,
    context: CreateRoomContext,
  ): Promise<CreateRoomOutput> {
    if (this.rooms.has(name)) throw context.error('NAME_TAKEN', { name });
    if (this.rooms.isFull) throw context.error('TOO_MANY_ROOMS', { max: MAX_ROOMS });
    const { id } = context.user;
    if (this.rooms.countOf(id) >= MAX_OWN_ROOMS) {
      throw context.error('TOO_MANY_OF_YOURS', { max: MAX_OWN_ROOMS });
    }
    const room = { name, about: `Opened by ${context.user.name}.` };
    this.rooms.add({ ...room, openedBy: id });
    this.emptyRooms.lookLater(name);
    await this.topics.rooms().publish(this.rooms.list);
    return room;
  }

  @ChatService.post()
  async post({ room, text }: PostInput, context: PostContext): Promise<void> {
    const { closedAt } = this.#find(room);
    if (closedAt !== undefined) throw context.error('ROOM_CLOSED', { room, closedAt });
    const message = { author: context.user.name, text, sentAt: new Date() };
    await this.topics.messages({ room }).publish(message);
  }

  @ChatService.people()
  async *people({ room }: PeopleInput, context: PeopleContext): AsyncGenerator<string[]> {
    this.#find(room);
    try {
      yield* this.presence.stay(room, context.user.id, context.signal);
    } finally {
      this.emptyRooms.lookLater(room);
    }
  }

  @ChatService.roomList()
  roomList(): RoomListOutput {
    return this.rooms.list;
  }

  @ChatService.messages.authorize()
  mayRead({ room }: MessagesParams): boolean {
    return this.rooms.find(room) !== undefined;
  }

  #find(name: string): ChatRoom {
    const room = this.rooms.find(name);
    if (room === undefined) throw new TrunklineError('NOT_FOUND', `no room is called "${name}"`);
    return room;
  }
}
