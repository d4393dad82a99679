// Texts with entities, as nodes. Offsets count UTF-16 units, as JavaScript's strings do.
"use strict";

const texts = (() => {
  const TAGS = {
    bold: "b",
    italic: "i",
    underline: "u",
    strikethrough: "s",
    code: "code",
    pre: "pre",
    blockquote: "blockquote",
    expandable_blockquote: "blockquote",
  };

  function link(address) {
    const node = document.createElement("a");
    // A bot may write any address; only these are safe to open.
    if (/^https?:/i.test(address)) node.href = address;
    node.target = "_blank";
    node.rel = "noopener noreferrer";
    return node;
  }

  function spoiler() {
    const node = document.createElement("button");
    node.type = "button";
    node.className = "spoiler";
    node.setAttribute("aria-label", "Hidden text");
    node.onclick = () => {
      node.classList.add("open");
      node.removeAttribute("aria-label");
    };
    return node;
  }

  function command(text, send) {
    const node = document.createElement("button");
    node.type = "button";
    node.className = "command";
    node.onclick = () => send(text);
    return node;
  }

  // The element that shows an entity of this text.
  function element(entity, text, send) {
    if (entity.type === "text_link") return link(entity.url);
    if (entity.type === "url") return link(text);
    if (entity.type === "spoiler") return spoiler();
    if (entity.type === "bot_command") return command(text, send);
    return document.createElement(TAGS[entity.type] ?? "span");
  }

  // Appends a text to a node; `send` is called with a command that is clicked.
  function append(node, text, entities, send) {
    const edges = new Set([0, text.length]);
    for (const { offset, length } of entities) edges.add(offset).add(offset + length);
    const cuts = [...edges].sort((a, b) => a - b);
    for (let i = 0; i + 1 < cuts.length; i += 1) {
      const [from, to] = [cuts[i], cuts[i + 1]];
      let inner = node;
      for (const entity of entities) {
        const covers = entity.offset <= from && to <= entity.offset + entity.length;
        if (!covers) continue;
        const whole = text.slice(entity.offset, entity.offset + entity.length);
        inner = inner.appendChild(element(entity, whole, send));
      }
      inner.append(text.slice(from, to));
    }
  }

  return { append };
})();
