// Package desk is what an operator can do.
//
// Every method asks guard whether this operator may do this to this case,
// writes the change that says so, and hands both to the store in one
// transaction: permission, change and audit are one step, and nothing reaches
// the store but through here. A method that returns nil has made its change
// durable; one that returns an error has changed nothing.
//
// Desk leaves the screen to ui, carriage to courier, bytes on disk to store,
// and the wording of the contract to contract. Its methods may be called from
// any goroutine; work on one case is done in the order the calls arrive.
package desk
