import { createApp, watch } from 'vue';
import App from './App.vue';
import { installElements } from './components/elements';
import { i18n } from './i18n';
import { router } from './router';
import { session } from './session/session';
import './style.css';

const app = createApp(App).use(i18n).use(router);
installElements(app);
app.mount('#app');

// Logged out, also by the server: back to the login, and after it to where one was.
watch(session, (who) => {
  if (who || router.currentRoute.value.name === 'login') return;
  void router.push({ name: 'login', query: { to: router.currentRoute.value.fullPath } });
});
