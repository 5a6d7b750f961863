export { connect, type Client, type ClientConnection, type ClientControls } from './client.js';
