// Telegram.WebApp for a rehearsal: the launch data of the address, and invoices that open where the simulator sells.
"use strict";

(() => {
  const launched = new URLSearchParams(location.hash.slice(1)).get("tgWebAppData") ?? "";
  const listeners = [];

  window.Telegram = {
    WebApp: {
      initData: launched,
      onEvent: (type, listener) => void (type === "invoiceClosed" && listeners.push(listener)),
      openInvoice(url, callback) {
        const sheet = window.open(url, "invoice");
        if (!sheet) throw Error("The browser has blocked the invoice: allow pop-ups here.");
        const waiting = setInterval(() => {
          if (!sheet.closed) return;
          clearInterval(waiting);
          // What happened there nobody says: as in Telegram, only the service knows.
          callback?.("paid");
          listeners.forEach((listener) => listener({ url, status: "paid" }));
        }, 200);
      },
    },
  };
})();
