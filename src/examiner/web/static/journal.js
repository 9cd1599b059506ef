// What was typed, kept in this browser until the server has acknowledged it (IndexedDB).
// One entry a turn and kind: a newer draft replaces an older one that was not sent yet.
(function () {
  "use strict";
  const NAME = "examiner", STORE = "typed";
  let opened = null;

  function open() {
    if (opened) return opened;
    opened = new Promise(function (resolve, reject) {
      const asked = indexedDB.open(NAME, 1);
      asked.onupgradeneeded = function () { asked.result.createObjectStore(STORE, { keyPath: "id" }); };
      asked.onsuccess = function () { resolve(asked.result); };
      asked.onerror = function () { reject(asked.error); };
    });
    return opened;
  }

  async function run(mode, work) {
    const base = await open();
    return new Promise(function (resolve, reject) {
      const done = base.transaction(STORE, mode, { durability: "strict" });
      let result;
      const asked = work(done.objectStore(STORE));
      if (asked) asked.onsuccess = function () { result = asked.result; };
      done.oncomplete = function () { resolve(result); };
      done.onerror = done.onabort = function () { reject(done.error); };
    });
  }

  window.journal = {
    // entry: {session, turn, kind: "draft" | "answer", text, version, at}
    keep: function (entry) {
      entry.id = entry.session + "/" + entry.turn + "/" + entry.kind;
      return run("readwrite", function (store) { return store.put(entry); });
    },
    // Removes an entry only where it still holds the text that was acknowledged.
    acknowledged: function (session, turn, kind, text) {
      const id = session + "/" + turn + "/" + kind;
      return run("readwrite", function (store) {
        const asked = store.get(id);
        asked.onsuccess = function () { if (asked.result && asked.result.text === text) store.delete(id); };
      });
    },
    of: async function (session) {
      const all = await run("readonly", function (store) { return store.getAll(); });
      return all.filter(function (e) { return e.session === session; })
        .sort(function (a, b) { return a.at < b.at ? -1 : a.at > b.at ? 1 : 0; });
    },
  };

  // Posts a form to the room; resolves to {status, data}, or to null where the server was not reached.
  window.post = async function (path, fields, more) {
    try {
      const reply = await fetch(path, Object.assign({
        method: "POST", body: new URLSearchParams(fields), credentials: "same-origin",
        headers: { Accept: "application/json" },
      }, more));
      if (reply.status >= 502 && reply.status <= 504) return null;
      return { status: reply.status, data: await reply.json().catch(function () { return {}; }) };
    } catch (error) {
      return null;
    }
  };
})();
