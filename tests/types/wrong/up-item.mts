import { ChatService, type UploadContext, type UploadInput } from '../generated/chat.server.js';

export class ChatController {
  @ChatService.upload()
  async upload(_input: UploadInput, context: UploadContext) {
    let bytes = 0;
    for await (const chunk of context.items) bytes += chunk.size;
    return { bytes };
  }
}
