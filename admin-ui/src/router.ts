// The pages. Behind a hash, so that any web server can serve them as files.

import { createRouter, createWebHashHistory, type RouteRecordRaw } from 'vue-router';
import { isAdmin, session } from './session/session';

/** Where somebody lands after the login. */
export function home(): string {
  if (isAdmin.value) return '/overview';
  return session.value ? `/ns/${encodeURIComponent(session.value.user)}/dashboard` : '/login';
}

const adminPages: RouteRecordRaw[] = [
  { path: '/overview', name: 'overview', component: () => import('./pages/OverviewPage.vue') },
  {
    path: '/namespaces',
    name: 'namespaces',
    component: () => import('./pages/NamespacesPage.vue'),
  },
  { path: '/settings', name: 'settings', component: () => import('./pages/SettingsPage.vue') },
];

const namespacePages: RouteRecordRaw[] = [
  { path: 'dashboard', name: 'dashboard', component: () => import('./pages/DashboardPage.vue') },
  { path: 'clients', name: 'clients', component: () => import('./pages/ClientsPage.vue') },
  { path: 'client/:id', name: 'client', component: () => import('./pages/ClientPage.vue') },
  { path: 'push', name: 'push', component: () => import('./pages/PushPage.vue') },
  { path: 'message/:id', name: 'message', component: () => import('./pages/MessagePage.vue') },
  { path: 'history', name: 'history', component: () => import('./pages/HistoryPage.vue') },
  { path: 'simulator', name: 'simulator', component: () => import('./pages/SimulatorPage.vue') },
  { path: 'edit', name: 'namespace', component: () => import('./pages/NamespacePage.vue') },
];

export const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    { path: '/login', name: 'login', component: () => import('./pages/LoginPage.vue') },
    {
      path: '/',
      component: () => import('./components/AppShell.vue'),
      children: [
        ...adminPages.map((page) => ({ ...page, meta: { admin: true } })),
        ...namespacePages.map((page) => ({ ...page, path: `/ns/:key/${page.path}` })),
      ],
    },
    { path: '/:rest(.*)*', redirect: () => home() },
  ],
});

router.beforeEach((to) => {
  if (to.name === 'login') return session.value ? home() : true;
  if (!session.value)
    return { name: 'login', query: to.fullPath === '/' ? {} : { to: to.fullPath } };
  if (to.path === '/' || (to.meta.admin && !isAdmin.value)) return home();
  if (!isAdmin.value && to.params.key !== session.value.user) return home();
  return true;
});
