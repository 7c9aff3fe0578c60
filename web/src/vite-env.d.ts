// Types of the build: import.meta.env and style sheets.
/// <reference types="vite/client" />
declare module '@fontsource-variable/inter';
