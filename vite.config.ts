import { defineConfig } from "vite";
import { VitePWA } from "vite-plugin-pwa";

// biome-ignore lint/style/noDefaultExport: Vite reads its configuration from the default export.
export default defineConfig({
  root: "demo",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../dist/demo",
    emptyOutDir: true,
    target: "es2023",
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    // The demo's policy allows no inline script and no data: style.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    // Most of it is the `openai` package, which loads in one piece.
    chunkSizeWarningLimit: 700,
  },
  // The page does not import its worker, whose packages would be found too late: after it was given to the browser.
  optimizeDeps: { entries: ["index.html", "sw.ts"] },
  plugins: [
    VitePWA({
      strategies: "injectManifest",
      srcDir: ".",
      filename: "sw.ts",
      // The page registers the worker itself, through `register` of the library.
      injectRegister: false,
      includeManifestIcons: false,
      injectManifest: {
        rollupFormat: "iife",
        globPatterns: ["**/*.{html,js,css,svg,png,webmanifest}"],
        // A tenth of all code, for one line on one page that says so where it is not there.
        globIgnores: ["**/fit-*.js"],
      },
      devOptions: { enabled: true, type: "module" },
      manifest: {
        id: "/",
        name: "mintgate",
        short_name: "mintgate",
        description: "A chat that calls language models from the browser, with no key in the page.",
        start_url: "/",
        display: "standalone",
        lang: "en",
        categories: ["developer", "productivity"],
        shortcuts: [
          { name: "Playground", url: "/#/playground" },
          { name: "Voice", url: "/#/voice" },
        ],
        background_color: "#f4f8f6",
        theme_color: "#f4f8f6",
        icons: [
          { src: "/icon.svg", sizes: "any", type: "image/svg+xml" },
          { src: "/icon-192.png", sizes: "192x192", type: "image/png" },
          { src: "/icon-512.png", sizes: "512x512", type: "image/png" },
          { src: "/icon-maskable-512.png", sizes: "512x512", type: "image/png", purpose: "maskable" },
        ],
      },
    }),
  ],
});
