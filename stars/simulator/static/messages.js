// Messages as bubbles: what each kind looks like. The chat decides what a press does.
"use strict";

const messages = (() => {
  const FILES = ["document", "video", "animation", "audio", "voice", "video_note"];

  function make(tag, className, text = "") {
    const node = document.createElement(tag);
    node.className = className;
    node.textContent = text;
    return node;
  }

  function picture(fileId, alt) {
    const node = make("img", "picture");
    node.src = `/files/${fileId}`;
    node.alt = alt;
    return node;
  }

  function invoice({ title, description, total_amount: amount }, offer) {
    const node = make("div", "offer");
    if (offer?.photo_url) {
      const photo = make("img", "picture");
      photo.src = offer.photo_url;
      photo.alt = "";
      node.append(photo);
    }
    node.append(make("b", "", title), make("p", "", description));
    node.append(make("p", "price", `★ ${amount}`));
    return node;
  }

  // What stands in a message beside its text.
  function media(message, offer) {
    if (message.invoice) return invoice(message.invoice, offer);
    if (message.photo) return picture(message.photo.at(-1).file_id, "Photo");
    if (message.sticker) {
      return picture(message.sticker.file_id, message.sticker.emoji ?? "Sticker");
    }
    if (message.dice) return make("p", "dice", `${message.dice.emoji} ${message.dice.value}`);
    const words = inWords(message);
    if (words) return make("p", "", words);
    const file = FILES.map((kind) => message[kind]).find(Boolean);
    return file ? attachment(file) : null;
  }

  // What is neither text nor file, as a line of text; nothing for all else.
  function inWords({ contact, poll, venue, location }) {
    if (contact) return `☎ ${contact.first_name} ${contact.phone_number}`;
    if (poll) return `📊 ${poll.question}`;
    if (venue) return `📍 ${venue.title}, ${venue.address}`;
    if (location) return `📍 ${location.latitude}, ${location.longitude}`;
    return "";
  }

  function attachment(file) {
    const node = make("a", "file", `📎 ${file.file_name ?? "file"}`);
    node.href = `/files/${file.file_id}`;
    return node;
  }

  // What happened, in the middle of the chat; null for a message that somebody wrote.
  function event(message) {
    const paid = message.successful_payment;
    const refunded = message.refunded_payment;
    if (!paid && !refunded) return null;
    const node = make("p", "event", paid
      ? `You paid ★ ${paid.total_amount}`
      : `★ ${refunded.total_amount} came back`);
    node.title = (paid ?? refunded).telegram_payment_charge_id;
    return node;
  }

  function label(button, offer) {
    if (button.pay && offer?.paid) return "Receipt";
    // Telegram puts its icon of a Star in place of these, on a button that pays.
    return button.pay ? button.text.replaceAll(/XTR|⭐️?/gu, "★") : button.text;
  }

  function keyboard(rows, offer, press) {
    const node = make("div", "buttons");
    for (const row of rows) {
      const line = node.appendChild(make("div", "buttons-row"));
      for (const button of row) {
        const shown = make("button", "", label(button, offer));
        shown.type = "button";
        if (button.url || button.web_app) shown.classList.add("leads-away");
        shown.onclick = () => press(button, shown);
        line.append(shown);
      }
    }
    return node;
  }

  function reply(message) {
    const said = message.text ?? message.caption ?? "a message";
    return make("p", "reply", `${message.from.first_name}: ${said}`);
  }

  function time(message) {
    const at = new Date((message.edit_date ?? message.date) * 1000);
    const shown = at.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
    const node = make("time", "", message.edit_date ? `edited ${shown}` : shown);
    node.title = at.toUTCString();
    return node;
  }

  // A message as a node. `does` has send(text) and press(message, button, node).
  function render(message, offer, does) {
    const happened = event(message);
    if (happened) return happened;
    const node = make("article", message.from.is_bot ? "from-bot" : "from-buyer");
    const bubble = node.appendChild(make("div", "bubble"));
    const author = message.forward_origin?.sender_user;
    if (author) bubble.append(make("p", "reply", `Forwarded from ${author.first_name}`));
    if (message.reply_to_message) bubble.append(reply(message.reply_to_message));
    const shown = media(message, offer);
    if (shown) bubble.append(shown);
    const text = message.text ?? message.caption;
    if (text) {
      const words = bubble.appendChild(make("p", "text"));
      texts.append(words, text, message.entities ?? message.caption_entities ?? [], does.send);
    }
    bubble.append(time(message));
    const rows = message.reply_markup?.inline_keyboard;
    if (rows) {
      const press = (button, pressed) => does.press(message, button, pressed);
      node.append(keyboard(rows, offer, press));
    }
    return node;
  }

  return { render };
})();
