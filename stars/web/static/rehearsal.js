// Telegram.WebApp for a rehearsal: the launch data of the address, and invoices that open where the simulator sells.
"use strict";

(() => {
  const LOOK_EVERY = 200; // milliseconds: a browser tells nobody that another window was closed
  const launched = new URLSearchParams(location.hash.slice(1)).get("tgWebAppData") ?? "";
  const listeners = [];
  let open = false;

  function openInvoice(url, callback) {
    if (open) throw Error("WebAppInvoiceOpened"); // as Telegram calls it
    const sheet = window.open(url, "invoice");
    if (!sheet) throw Error("The browser has blocked the invoice: allow pop-ups here.");
    open = true;
    let status = "cancelled"; // what it is when the buyer leaves now

    const watch = setInterval(() => sheet.closed && end(), LOOK_EVERY);
    addEventListener("message", listen);

    // The invoice's page tells how it ended as Telegram's web client does, and closes.
    function listen(message) {
      if (message.source !== sheet) return;
      const { eventType, eventData } = parse(message.data);
      if (eventType !== "invoice_closed") return;
      status = eventData.status;
      if (status === "paid" || status === "cancelled") end();
    }

    function end() {
      clearInterval(watch);
      removeEventListener("message", listen);
      open = false;
      callback?.(status);
      for (const listener of listeners) listener({ url, status });
    }
  }

  function parse(data) {
    try {
      return JSON.parse(data) ?? {};
    } catch {
      return {};
    }
  }

  window.Telegram = {
    WebApp: {
      initData: launched,
      onEvent: (type, listener) => void (type === "invoiceClosed" && listeners.push(listener)),
      openInvoice,
    },
  };
})();
