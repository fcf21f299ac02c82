import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { BrowserRouter } from 'react-router-dom';
import { App } from './App';
import { SpeechProvider } from './i18n';
import { SessionProvider } from './session';
import './styles.css';
import { LookProvider } from './theme';

const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <SpeechProvider>
        <LookProvider>
          <SessionProvider>
            <BrowserRouter>
              <App />
            </BrowserRouter>
          </SessionProvider>
        </LookProvider>
      </SpeechProvider>
    </StrictMode>,
  );
}
