// Package assets is what Doorstep carries inside the program: fonts, icons,
// words, policy packs, areas, a starter school list and contract templates.
//
// It owns the bytes and where they come from (README.md, and a build script
// beside what is made from elsewhere); it guarantees that every accessor gives
// the same bytes on every machine, costs nothing until it is called, and needs
// neither network nor disk. Bytes returned uncompressed are shared: callers
// read them and never write. Parsing is left to those who use the data;
// the form of each file is written in README.md.
package assets
