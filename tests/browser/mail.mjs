// A mail server that keeps what it is given: enough of SMTP (RFC 5321) for the gateway's client.
import { once } from "node:events";
import { createServer } from "node:net";
import { must } from "./checks.mjs";

const LETTER_MS = 40_000;

/** The running server: the gateway's settings, the letters so far, and how to wait for one and to end it. */
export async function startMail() {
  const letters = [];
  const server = createServer((socket) => serve(socket, letters)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const settings = {
    TOLLGATE_MAIL_HOST: "127.0.0.1",
    TOLLGATE_MAIL_PORT: String(server.address().port),
    TOLLGATE_MAIL_TLS: "none",
    TOLLGATE_MAIL_FROM: "Billing <billing@gateway.example>",
  };
  return {
    settings,
    letters,
    /** The first letter to this address whose subject or text holds this. */
    async letter(to, holds) {
      for (const until = Date.now() + LETTER_MS; ; await new Promise((later) => setTimeout(later, 100))) {
        const found = letters.find((letter) => letter.to.includes(to) && (letter.text + plain(letter.text)).includes(holds));
        if (found) return { ...found, plain: plain(found.text) };
        must(Date.now() < until, `no letter to ${to} with “${holds}” came; there are ${letters.map((one) => one.to).join(", ") || "none"}`);
      }
    },
    async stop() {
      server.close();
      await once(server, "close");
    },
  };
}

function serve(socket, letters) {
  let rest = "";
  let letter = { from: "", to: [], text: "" };
  let inside = false;
  socket.on("error", () => socket.destroy());
  socket.write("220 sink.example ESMTP\r\n");
  socket.on("data", (bytes) => {
    rest += bytes.toString("latin1");
    for (let end; (end = rest.indexOf("\r\n")) >= 0; ) {
      const line = rest.slice(0, end);
      rest = rest.slice(end + 2);
      if (inside && line !== ".") letter.text += `${line.replace(/^\./, "")}\n`;
      else if (inside) {
        inside = false;
        letters.push(letter);
        letter = { from: "", to: [], text: "" };
        socket.write("250 ok\r\n");
      } else if (answer(socket, line, letter)) inside = true;
    }
  });
}

/** Whether the letter itself follows. */
function answer(socket, line, letter) {
  const verb = line.split(/[ :]/)[0].toUpperCase();
  const address = line.split(/[<>]/)[1] ?? "";
  if (verb === "MAIL") letter.from = address;
  if (verb === "RCPT") letter.to.push(address);
  const said = { EHLO: "250-sink.example\r\n250-8BITMIME\r\n250 SMTPUTF8", DATA: "354 go on", QUIT: "221 bye" };
  socket.write(`${said[verb] ?? "250 ok"}\r\n`);
  if (verb === "QUIT") socket.end();
  return verb === "DATA";
}

/** What a letter says, its parts decoded: base64 and quoted-printable as they come. */
export function plain(text) {
  const parts = text.split(/\n--[^\n]*\n?/);
  const decoded = parts.map((part) => {
    const at = part.indexOf("\n\n");
    const [head, body] = [part.slice(0, at), part.slice(at + 2)];
    if (/content-transfer-encoding: base64/i.test(head)) return Buffer.from(body, "base64").toString("utf8");
    if (!/content-transfer-encoding: quoted-printable/i.test(head)) return body;
    const bytes = body.replace(/=\n/g, "").replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
    return Buffer.from(bytes, "latin1").toString("utf8");
  });
  return decoded.join("\n");
}

/** The attachment whose media type this is, as bytes. */
export function attachment(text, type) {
  const part = text.split(/\n--/).find((part) => part.toLowerCase().includes(`content-type: ${type}`));
  must(part, `nothing of ${type} is attached`);
  const body = part.slice(part.indexOf("\n\n") + 2);
  return Buffer.from(body, "base64");
}
