// Between the parts and at the end: what this browser still holds is sent after all. The server keeps what came late
// beside the answers; nothing is thrown away here before it has said so.
(function () {
  "use strict";
  const place = document.querySelector("[data-lobby]");
  if (!place || !window.indexedDB) return;
  const session = place.dataset.session;

  async function send() {
    for (const entry of await journal.of(session)) {
      const fields = {
        form_token: place.dataset.token, turn: entry.turn, text: entry.text, version: entry.version,
        client_at: entry.at, typed: "1",
      };
      const reply = await post("/interview/" + entry.kind, fields);
      if (!reply) { window.setTimeout(send, 5000); return; }
      await journal.acknowledged(session, entry.turn, entry.kind, entry.text);
    }
  }
  send();
})();
