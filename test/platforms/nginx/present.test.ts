import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { presentServers } from '../../../services/platforms/nginx/present.ts';

/** As `nginx -T` prints it. */
const dump = (files: Readonly<Record<string, string>>) =>
  Object.entries(files)
    .map(([path, text]) => `# configuration file ${path}:\n${text}\n`)
    .join('');
const shown = (files: Readonly<Record<string, string>>) =>
  presentServers(dump(files)).map(({ place, name, value }) => `${place}: ${name} = ${value}`);

describe("what is listed of nginx's TLS", () => {
  it('is each server that speaks it, and what servers inherit; never a key or what opens it', () => {
    const found = shown({
      '/etc/nginx/nginx.conf': `user www-data;
http { ssl_protocols TLSv1.2 TLSv1.3; # as ever
  ssl_password_file /etc/ssl/pass; map $host $x { default "a;}"; '~^b' \${host}; }
  include /etc/nginx/sites-enabled/*; }`,
      '/etc/nginx/sites-enabled/mail': `server { listen 80; return 301 https://\${host}$request_uri; }
server {
  listen 443 ssl http2; listen [::]:443 ssl;
  server_name mail.example.test www.example.test;
  ssl_certificate "/etc/ssl/own.pem"; ssl_certificate_key /etc/ssl/own.key;
  ssl_ciphers HIGH:!aNULL;
  location / { ssl_verify_client off; proxy_set_header Authorization "Basic c2VjcmV0"; }
}`,
      '/etc/nginx/conf.d/signet.conf': 'server { listen 8443 ssl; ssl_certificate /var/lib/signet/x.pem; }',
    });

    assert.deepEqual(found, [
      '/etc/nginx/sites-enabled/mail server mail.example.test www.example.test 443: listen = 443 ssl http2, [::]:443 ssl',
      '/etc/nginx/sites-enabled/mail server mail.example.test www.example.test 443: ssl_certificate = /etc/ssl/own.pem',
      '/etc/nginx/sites-enabled/mail server mail.example.test www.example.test 443: ssl_ciphers = HIGH:!aNULL',
      '/etc/nginx/nginx.conf: ssl_protocols = TLSv1.2 TLSv1.3',
    ]);
  });

  it('is nothing where no server speaks it, and text that is cut off is read as far as it goes', () => {
    assert.deepEqual(shown({ '/etc/nginx/nginx.conf': 'http { ssl_protocols TLSv1.3; server { listen 80; } }' }), []);
    assert.deepEqual(shown({}), []);
    assert.deepEqual(shown({ '/a': 'server { listen 1 ssl; ssl_ciphers HIGH; ssl_prot' }), [
      '/a server _ 1: listen = 1 ssl',
      '/a server _ 1: ssl_ciphers = HIGH',
    ]);
  });
});
