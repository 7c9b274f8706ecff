import { mount } from 'svelte';
import './style/tokens.css';
import './style/base.css';
import App from './App.svelte';
import { Live } from './live/live.svelte.js';
import { Route } from './shell/route.svelte.js';
import { Theme } from './shell/theme.svelte.js';

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no element with the id "app"');
mount(App, { target, props: { live: new Live(), route: new Route(), theme: new Theme() } });
