export interface Member {
  readonly name: string;
  readonly rooms: ReadonlySet<string>;
}

declare module '@trunkline/server' {
  interface App {
    user: Member;
  }
}

export const someMessage = { id: 'a', room: 'lobby', text: 'hello', sentAt: new Date() };
