import { someMessage } from '../app.mjs';
import { ChatService, type HistoryInput, type PostInput } from '../generated/chat.server.js';

abstract class Stored<Row extends { readonly room: string }> {
  protected abstract rows(room: string): Iterable<Row>;
  protected abstract toMessage(row: Row): typeof someMessage;

  @ChatService.history()
  *history(input: HistoryInput) {
    for (const row of this.rows(input.room)) yield this.toMessage(row);
  }
}

abstract class Posting<Row extends { readonly room: string }> extends Stored<Row> {
  @ChatService.post()
  async post({ room }: PostInput) {
    return { ...someMessage, room };
  }

  @ChatService.leave()
  leave(): void {}

  abstract upload(): { bytes: number };
}

interface Row {
  readonly room: string;
  readonly text: string;
}

@ChatService()
export class RowController extends Posting<Row> {
  protected override rows(room: string) {
    return [{ room, text: 'stored' }];
  }

  protected override toMessage(row: Row) {
    return { ...someMessage, ...row };
  }

  @ChatService.upload()
  override upload() {
    return { bytes: 1 };
  }

  @ChatService.answer()
  async *answer() {
    yield 'yes';
    return 3;
  }
}

@ChatService()
export abstract class AbstractController {
  abstract post(input: PostInput): Promise<typeof someMessage>;
  abstract leave(): void;
  abstract history(): AsyncIterable<typeof someMessage>;
  abstract upload(): { bytes: number };
  abstract answer(): AsyncGenerator<string, number, unknown>;
}
