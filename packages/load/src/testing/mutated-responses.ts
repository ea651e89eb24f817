import type { Random } from "@muster/kernel";

const SEEDS = [
  'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\nConnection: keep-alive\r\n\r\n{"ok":true}',
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;a=b\r\n world\r\n0\r\n\r\n",
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\nA;q="x y"\r\n0123456789\r\n0\r\nX-Sum: 45\r\n\r\n',
  "HTTP/1.1 204 No Content\r\nDate: Sat, 21 Nov 2026 21:00:00 GMT\r\n\r\n",
  'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\nContent-Length: 7\r\n\r\n',
  "HTTP/1.0 200 OK\r\nServer: old\r\n\r\nuntil the end",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nuntil the end",
  "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
  "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
  "HTTP/1.1 301 Moved\r\nLocation: /there\r\nSet-Cookie: a=b; Path=/\r\nSet-Cookie: c=d\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
  "HTTP/1.1 500\r\nContent-Length: 4\r\n\r\noops",
  "\r\nHTTP/1.1 200 OK\r\ncontent-length:3\t \r\nx:\r\ny: \xe4\xff\r\n\r\nabc",
] as const;

const PIECES = [
  "\r\n",
  "\r",
  "\n",
  "\r\n\r\n",
  "\0",
  " ",
  "\t",
  ":",
  ";",
  ",",
  '"',
  "=",
  "0",
  "9",
  "f",
  "\x7f",
  "\x80",
  "\x1f",
  "Content-Length: 3\r\n",
  "Content-Length: 0\r\n",
  "Content-Length: -1\r\n",
  "Content-Length: +4\r\n",
  "Content-Length: 4, 4\r\n",
  "Content-Length:\r\n",
  "Content-Length: 99999999999999999999\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Transfer-Encoding: chunked, gzip\r\n",
  "Transfer-Encoding: gzip, chunked\r\n",
  "Transfer-Encoding: xchunked\r\n",
  "Transfer-Encoding:\tChunked \r\n",
  "Transfer-Encoding: identity\r\n",
  "Connection: close\r\n",
  "Connection: keep-alive, close\r\n",
  "Proxy-Connection: close\r\n",
  "X-Long: " + "v".repeat(300) + "\r\n",
  "X : y\r\n",
  " folded\r\n",
  "HTTP/1.1 200 OK\r\n",
  "0\r\n\r\n",
  "ffffffffffffffff\r\n",
  "0x5\r\n",
  ";ext",
  ";e=v",
  ';e="q\\""',
  "; e = v",
] as const;

/** A response that is nearly right: one of some good ones, with up to four changes. One character is one byte. */
export function mutatedResponse(random: Random): string {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  let text: string = pick(SEEDS);
  for (let changes = Math.floor(random() * 5); changes > 0; changes -= 1) {
    const at = Math.floor(random() * (text.length + 1));
    const length = Math.floor(random() ** 3 * 20) + 1;
    switch (Math.floor(random() * 6)) {
      case 0:
        text = text.slice(0, at) + text.slice(at + length);
        break;
      case 1:
        text = text.slice(0, at) + pick(PIECES) + text.slice(at);
        break;
      case 2:
        text = text.slice(0, at) + pick(PIECES) + text.slice(at + length);
        break;
      case 3:
        text = text.slice(0, at) + String.fromCharCode(Math.floor(random() * 256)) + text.slice(at + 1);
        break;
      case 4: {
        // After the end of some line, where another field or chunk fits.
        const line = text.indexOf("\r\n", at);
        if (line >= 0) text = text.slice(0, line + 2) + pick(PIECES) + text.slice(line + 2);
        break;
      }
      default:
        text = random() < 0.5 ? text.slice(0, at) : text.slice(0, at) + text.slice(at, at + length) + text.slice(at);
    }
  }
  return text;
}
