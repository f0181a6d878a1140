/** Where things are by default: the words that the controller and its clients must agree on without asking each other. */

/** The port of the API, on loopback unless configured otherwise. */
export const defaultPort = 7410;

/** The controller's own folder: store, master key, admin token. */
export const defaultStateFolder = '/var/lib/signetd';

/** The file in the state folder that holds the first admin token, 0600. */
export const adminTokenFile = 'admin-token';
