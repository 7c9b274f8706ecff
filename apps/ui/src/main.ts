import { mount } from 'svelte';
import './style/tokens.css';
import './style/base.css';
import App from './App.svelte';
import { Live } from './live/live.svelte.js';
import { Keys } from './shell/keys.svelte.js';
import { entryOf } from './shell/pages.js';
import { Route } from './shell/route.svelte.js';
import { Theme } from './shell/theme.svelte.js';

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no element with the id "app"');
const route = new Route();
// Asked for before anything is drawn; the frame waits for the same answer, and says so when it does not come.
entryOf(route.page)
  .load()
  .catch(() => {});
mount(App, { target, props: { live: new Live(), route, theme: new Theme(), keys: new Keys() } });
