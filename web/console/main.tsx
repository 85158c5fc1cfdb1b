import '../src/theme.css';
import { render } from 'preact';
import { Brand } from '../src/ui';

const page = document.getElementById('page');
if (page) render(<Brand>Parlor console</Brand>, page);
