import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/**
 * Holds the first paint until the program has run: the page is empty before that, and painting it
 * would flash the system's theme at somebody who chose the other one.
 */
const paintOnce: Plugin = {
  name: "paint-once",
  transformIndexHtml: {
    order: "post",
    handler: (html) => html.replace('<script type="module"', '<script type="module" blocking="render"'),
  },
};

export default defineConfig({
  plugins: [react(), paintOnce],
  build: {
    target: "es2023",
    // The first that know light-dark() themselves; a stand-in for it would not work inside a part of the page.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    // The server's policy allows nothing inline: not a font, not an icon.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 600,
  },
  server: { proxy: { "/api": { target: process.env["MUSTER_URL"] ?? "http://127.0.0.1:8410", ws: true } } },
});
