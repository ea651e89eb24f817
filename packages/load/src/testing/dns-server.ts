import { createSocket } from "node:dgram";
import { once } from "node:events";

/** A name server for one name, whose address can be changed while it is asked. Port 53 of a loopback address. */
export interface TestDns extends AsyncDisposable {
  /** What every question for an IPv4 address is answered with from now on. */
  address: string;
  /** Questions for an IPv4 address so far. */
  asked: number;
}

const TYPE_A = 1;
const HEADER = 12;

/** Opens the name server on an address of the loopback network; rejects where port 53 may not be opened. */
export async function dnsServer(host: string, first: string): Promise<TestDns> {
  const socket = createSocket("udp4");
  const server: TestDns = {
    address: first,
    asked: 0,
    async [Symbol.asyncDispose]() {
      socket.close();
      await once(socket, "close");
    },
  };
  socket.on("message", (question, { port, address }) => {
    let end = HEADER;
    while (question[end] !== 0) end += (question[end] ?? 0) + 1;
    const type = question.readUInt16BE(end + 1);
    // The header and the question come back; whatever the asker appended does not.
    const reply = Buffer.from(question.subarray(0, end + 5));
    const found = type === TYPE_A;
    if (found) server.asked += 1;
    // An answer, recursion available, no error; one question, one answer or none, nothing else.
    reply.writeUInt16BE(0x8180, 2);
    reply.writeUInt16BE(1, 4);
    reply.writeUInt16BE(found ? 1 : 0, 6);
    reply.writeUInt32BE(0, 8);
    // The name of the question, an IPv4 address, good for no time at all.
    const record = [0xc0, HEADER, 0, TYPE_A, 0, 1, 0, 0, 0, 0, 0, 4, ...server.address.split(".").map(Number)];
    socket.send(found ? Buffer.concat([reply, Buffer.from(record)]) : reply, port, address);
  });
  socket.bind(53, host);
  await once(socket, "listening");
  return server;
}
