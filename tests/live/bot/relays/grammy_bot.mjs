// A bot made with grammY that sells something of its own, and relays as docs/bot.md says.
import { Bot } from "grammy";

const { STARS, KEY } = process.env;
const bot = new Bot(process.env.BOT_TOKEN, { client: { apiRoot: process.env.BOT_API } });

// RELAY

bot.command("start", (ctx) => ctx.reply("Welcome!"));

bot.on("pre_checkout_query", (ctx) =>
  ctx.answerPreCheckoutQuery(ctx.preCheckoutQuery.invoice_payload === "of-the-bot"));

bot.on("message:successful_payment", (ctx) =>
  ctx.reply(`Paid: ${ctx.message.successful_payment.invoice_payload}`));

for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => bot.stop());
await bot.start({ allowed_updates: ["message", "pre_checkout_query", "subscription"] });
