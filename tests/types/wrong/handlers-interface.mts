import { someMessage } from '../app.mjs';
import type { ChatHandlers, HistoryInput } from '../generated/chat.server.js';

export abstract class ChatController implements ChatHandlers {
  abstract leave(): void;
  abstract upload(): { bytes: number };
  abstract answer(): Generator<string, number, unknown>;

  post() {
    return { ...someMessage, text: 1 };
  }

  history(input: HistoryInput & { since: Date }) {
    return [{ ...someMessage, sentAt: input.since }];
  }
}
