// node client.mjs <url> <event> <JSON> [<event> <JSON> …]: sends messages and prints what comes back. FROM plays another client.
import { io } from 'socket.io-client';

const [url, ...messages] = process.argv.slice(2);
const headers = process.env.FROM === undefined ? {} : { 'X-Forwarded-For': process.env.FROM };
const socket = io(url, { transports: ['websocket'], extraHeaders: headers, reconnection: false });

const next = () => new Promise((resolve) => socket.onAny((event, data) => resolve(`${event} ${JSON.stringify(data)}`)));

socket.on('connect_error', ({ description }) => console.log(`not connected: ${description.message}`));
socket.on('connect', async () => {
  for (let index = 0; index < messages.length; index += 2) {
    const answer = next();
    socket.emit(messages[index], JSON.parse(messages[index + 1]));
    console.log(await answer);
    socket.offAny();
  }
  socket.disconnect();
});
